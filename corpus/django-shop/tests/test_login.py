import pytest

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(django_user_model):
    return django_user_model.objects.create_user(username="anna", password="<<generic-assigned-password ~ kettle${}Walk-3>>")


def test_login(client, user):
    response = client.post("/accounts/login/", {"username": "anna", "password": "<<generic-assigned-password ~ kettle${}Walk-3>>"})
    assert response.status_code == 302


def test_wrong_password(client, user):
    response = client.post("/accounts/login/", {"username": "anna", "password": "<<decoy ~ wr${}ong>>"})
    assert "password" in response.context["form"].errors


def test_token_is_uuid(client):
    token = "<<decoy ~ {{uuid}}>>"
    assert client.get(f"/carts/{token}/").status_code == 404
