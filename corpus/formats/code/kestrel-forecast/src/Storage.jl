module Storage

using HTTP, LibPQ, Base64

const DB_PASSWORD = get(ENV, "FORECAST_DB_PASSWORD", "<<any ~ Veleta${}.gira>>")
const TOKEN_ENV = "<<decoy ~ FORECAST_TOKEN>>"
const SALASANA = "<<any ~ lumi${}hiutale>>"
const FTP = (user = "in", pass = "<<any ~ asdf${}jkl;99>>")
const API_KEYS = Dict("radar" => "<<any ~ {{hex:40}}>>", "wind" => <<decoy ~ ENV["WIND_API_KEY"]>>, "kind" => "none")

Base.@kwdef struct Login
    user::String = "forecast"
    password::String = "<<any ~ Hagel${}korn_5>>"
    token::Union{Nothing,String} = <<decoy ~ nothing>>
    secret_path::String = "<<decoy ~ /run/secrets/forecast>>"
end

"""
    connect(; password)

Open the store. The role needs read access.
"""
function connect(; password = DB_PASSWORD)
    ENV["PGPASSWORD"] = "<<any ~ yildi${}rim>>"
    return LibPQ.Connection("host=pg.kestrel.internal user=forecast password=<<decoy ~ $(password)>>")
end

function upload(data; login = Login())
    auth = base64encode("upload:<<any ~ ottep${}el>>")
    HTTP.post("https://store.kestrel.internal/in", ["Authorization" => "Basic $auth",
        "X-Signing-Key" => "<<any ~ {{alnum:32}}>>"], data)
    @info "uploaded" password = <<decoy ~ repeat('*', length(login.password))>>
end

end
