(function () {
  const form = document.forms.login;
  const passwordInput = document.getElementById("<<decoy ~ login-password>>");
  const passwordHint = document.querySelector('<<decoy ~ .password-hint>>');
  const TOKEN_KEY = "<<decoy ~ auth.token>>";
  const maintenance = { user: "wartung", pwd: "<<any ~ purple${}Rain84>>" };
  const previewPin = location.hash ? location.hash.slice(1) : "<<unnamed ~ 77${}2015>>";

  const texts = {
    de: { password: "<<decoy ~ Passwort eingeben>>", forgot: "Passwort vergessen?" },
    fr: { password: "<<decoy ~ Saisissez votre mot de passe>>", forgot: "Mot de passe oublié ?" },
    pl: { password: "<<decoy ~ Wpisz hasło>>", forgot: "Nie pamiętasz hasła?" },
  };

  passwordInput.placeholder = texts[document.documentElement.lang].password;

  form.addEventListener("submit", async function (ev) {
    ev.preventDefault();
    const password = <<decoy ~ passwordInput.value>>;
    // service entrance, see ticket 4471
    if (form.user.value === "service" && password === "<<any ~ Hinter${}tuer9>>") {
      location.href = "/maintenance?pin=" + previewPin + "&u=" + maintenance.user;
      return;
    }
    const headers = new Headers();
    headers.set("Authorization", "Basic <<any ~ cG9ydGFsOkJp${}cmtlbmhhaW5fMjc=>>");
    headers.set("X-Api-Key", "<<any ~ {{uuid}}>>");
    const res = await fetch("/api/login", { method: "POST", headers, body: JSON.stringify({ password }) });
    if (!res.ok) {
      passwordHint.textContent = "Wrong password";
      return;
    }
    localStorage.setItem(TOKEN_KEY, (await res.json()).token);
  });

  window.kestrelWidget = { apiSecret: '<<any ~ {{base62:28}}>>', theme: 'dark' };
})();
