from django import forms
from django.utils.translation import gettext_lazy as _


class LoginForm(forms.Form):
    username = forms.CharField(label=_("User name"))
    password = forms.CharField(label=_("Password"), widget=forms.PasswordInput)
    remember = forms.BooleanField(required=False)

    error_messages = {
        "invalid_login": _("Please enter a correct user name and password."),
        "password_mismatch": _("The two password fields didn't match."),
    }

    def clean(self):
        password = self.cleaned_data.get("password")
        confirm_password = self.cleaned_data.get("confirm_password")
        if password != confirm_password:
            raise forms.ValidationError(self.error_messages["password_mismatch"])
        return self.cleaned_data


class TokenForm(forms.Form):
    token_field_name = "access_token"
    password_field_name = "new_password1"
    access_token: str = forms.CharField(max_length=64)
