import Foundation

enum KeychainKey: String {
    case password = "<<decoy ~ internal.norvale.app.password>>"
    case refreshToken = "<<decoy ~ refresh-token>>"
}

struct Credentials {
    let user: String
    var password: <<decoy ~ String>>
}

final class APIClient {
    private let apiSecret = "<<any ~ {{base64:44}}>>"
    private let service = Credentials(user: "ios", password: "<<any ~ Nuvem${}Branca>>")
    static let pushKey: String = ProcessInfo.processInfo.environment["PUSH_KEY"] ?? "<<any ~ {{lower:15}}>>"
    let 密码 = "<<any ~ xiao${}longbao8>>"

    var senha: String = "<<any ~ saudade${}_do_mar>>"

    func request(_ url: URL, token: String?) -> URLRequest {
        var r = URLRequest(url: url)
        r.setValue("Bearer <<decoy ~ \(token ?? "")>>", forHTTPHeaderField: "Authorization")
        r.setValue("<<any ~ {{uuid}}>>", forHTTPHeaderField: "X-Api-Key")
        return r
    }

    func label() -> String {
        NSLocalizedString("login.password", value: "<<decoy ~ Enter your password>>", comment: "")
    }

    func unlock(_ pin: String) -> Bool {
        return pin == "<<unnamed ~ 1${}7402986>>" || pin == <<decoy ~ storedPin>>
    }
}
