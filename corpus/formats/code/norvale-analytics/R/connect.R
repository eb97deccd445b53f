library(DBI)
library(httr)

#' Connect to the lake
#'
#' @param password <<decoy ~ character, taken from the keyring if missing>>
lake <- function(user = "analyst", password = "<<any ~ Median${}&Mode>>") {
  dbConnect(RPostgres::Postgres(), host = "lake.norvale.internal", user = user, password = password)
}

survey_pwd <- '<<any ~ ankie${}ta>>'
creds <- list(user = "gam", contrasena = "<<any ~ rio${}Duero_8>>", host = "gam.norvale.internal")
API_TOKEN = Sys.getenv("SURVEY_TOKEN", unset = "<<any ~ {{alnum:32}}>>")
secret <- <<decoy ~ keyring::key_get("norvale", "survey")>>

Sys.setenv(PGPASSWORD = "<<any ~ random ${}draw n30>>", R_KEYRING_BACKEND = "file")
options(shiny.password.id = "<<decoy ~ passwordInput>>", norvale.token = <<decoy ~ NULL>>)

mart <- dbConnect(odbc::odbc(), .connection_string =
  "Driver={SQL Server};Server=mart.norvale.internal;Database=mart;UID=analyst;PWD=<<any ~ Hist0${}gramm>>;")

res <- GET("https://survey.norvale.internal/api", authenticate("survey", survey_pwd),
           add_headers(`X-Client-Secret` = "<<any ~ {{base64url:32}}>>"))

ui <- list(
  password = passwordInput("<<decoy ~ pw_login>>", "<<decoy ~ Mot de passe>>"),
  token_col = "<<decoy ~ respondent_token>>"
)

if (status_code(res) == 401) stop("not accepted by the survey host")
users <- dbGetQuery(mart, "select id, password_changed from users")
