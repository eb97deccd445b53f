package internal.kestrel.mobile

import okhttp3.Credentials
import okhttp3.Request

object ApiModule {
    const val PREF_TOKEN = "<<decoy ~ pref_auth_token>>"
    const val EXTRA_PASSWORD = "<<decoy ~ internal.kestrel.mobile.EXTRA_PASSWORD>>"
    private const val CLIENT_SECRET = "<<any ~ {{base62:40}}>>"
    var haslo = "<<any ~ jaskolka${}Lot7>>"

    private val signing = mapOf(
        "storePassword" to "<<any ~ Robin${}Hood!>>",
        "keyPassword" to "<<any ~ roite${}let>>",
        "keyAlias" to "<<decoy ~ kestrel-release>>",
    )

    fun request(url: String, token: <<decoy ~ String?>> = null): Request = Request.Builder()
        .url(url)
        .header("Authorization", token?.let { "Bearer <<decoy ~ $it>>" } ?: Credentials.basic("mobile", "<<any ~ martin${} pescador>>"))
        .build()

    fun dbPassword(): String = System.getenv("MOBILE_DB_PASS") ?: "<<any ~ fin${}ch3>>"

    fun strings(lang: String) = when (lang) {
        "es" -> Labels(password = "<<decoy ~ Contraseña>>", forgot = "¿Olvidaste tu contraseña?")
        "tr" -> Labels(password = "<<decoy ~ Şifrenizi girin>>", forgot = "Şifremi unuttum")
        else -> Labels(password = "<<decoy ~ Your password>>", forgot = "Forgot password?")
    }
}

data class Labels(val password: String, val forgot: String)

data class Account(
    val user: String,
    val password: CharArray = "<<any ~ Gr${}ünspecht4>>".toCharArray(),
    val unlockPin: String = "<<unnamed ~ 55${}0731>>",
)
