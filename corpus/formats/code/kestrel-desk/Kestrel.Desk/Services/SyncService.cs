using System.Collections.Generic;
using System.Diagnostics;
using System.Net.Http;
using System.Net.Http.Headers;

namespace Kestrel.Desk.Services;

public enum SecretKind { None, ApiKey, Password }

public class SyncService
{
    private static readonly Dictionary<string, string> Shares = new()
    {
        ["wachtwoord"] = "<<any ~ fiets${}bel>>",
        ["lösenord"] = "<<any ~ snö${}boll>>",
        ["sharePassword"] = "<<any ~ Polder${}2&Dijk>>",
        ["passwordBox"] = "<<decoy ~ PART_PasswordBox>>",
    };

    private readonly HttpClient _http = new();

    public SyncService(string token = <<decoy ~ null>>)
    {
        _http.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Bearer", token ?? "<<any ~ {{base64url:40}}>>");
        _http.DefaultRequestHeaders.Add("X-Client-Secret", "<<any ~ {{alnum:32}}>>");
    }

    public void Mount(string password)
    {
        Process.Start("net", @"use Z: \\nas.kestrel.internal\desk /user:desk <<unnamed ~ Wind${}molen>>");
        Process.Start("sqlcmd", $"-S sql.kestrel.internal -U desk -P <<decoy ~ {password}>>");
    }

    public bool Unlock(string pin) => pin == "<<unnamed ~ 7${}39106>>";

    public string Describe(SecretKind kind) => kind switch
    {
        SecretKind.ApiKey => "<<decoy ~ API key>>",
        SecretKind.Password => "<<decoy ~ Password (at least 10 characters)>>",
        _ => "-",
    };

    public string CacheKey(string user) => $"token:<<decoy ~ {user}>>";
}
