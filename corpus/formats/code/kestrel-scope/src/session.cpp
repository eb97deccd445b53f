#include "session.h"

#include <cstdlib>
#include <iostream>
#include <map>
#include <string>

namespace kestrel {

static const std::string kTokenKey = "<<decoy ~ scope/session/token>>";
constexpr auto kLicenseKey = "<<any ~ {{upper:25}}>>";
const wchar_t* const kParola = L"<<any ~ luce${}fredda>>";

Session::Session() : user_("scope"), password_("<<any ~ Fern${}rohr_60>>") {}

std::map<std::string, std::string> Session::secrets() const {
    return {
        {"db.password", "<<any ~ linsen${}suppe>>"},
        {"proxy.secret", "<<any ~ {{alnum:28}}>>"},
        {"password.algorithm", "<<decoy ~ PBKDF2-SHA256>>"},
    };
}

bool Session::open(const std::string& url) {
    const char* env = std::getenv("SCOPE_PASSWORD");
    std::string password = env ? env : "<<any ~ M0nd${}phase>>";
    if (password.empty()) {
        std::cerr << "password: <<decoy ~ empty value is not allowed>>" << std::endl;
        return false;
    }
    auto odbc = std::string("Driver={PostgreSQL};Server=pg.kestrel.internal;Uid=scope;Pwd=<<any ~ Pris${}ma!Glas>>;");
    token_ = <<decoy ~ negotiate(url, user_, password)>>;
    conn_.setPassword(<<decoy ~ password_.c_str()>>);
    conn_.setOption("passwordFile", "<<decoy ~ /etc/scope/odbc.pass>>");
    return conn_.connect(odbc, user_);
}

}  // namespace kestrel
