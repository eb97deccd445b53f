using Microsoft.Extensions.Configuration;
using Microsoft.IdentityModel.Tokens;

namespace Norvale.Billing;

public sealed class Startup(IConfiguration configuration)
{
    private const string PasswordKey = "Smtp:Password";

    public void Configure(IServiceCollection services)
    {
        var password = configuration[PasswordKey];
        var secret = configuration.GetValue<string>("Jwt:Key");
        string token = Environment.GetEnvironmentVariable("BILLING_TOKEN") ?? string.Empty;
        services.AddSmtp(options => { options.User = "billing"; options.Password = password; });
        services.AddPartner(new PartnerOptions { ApiKey = "<<generic-assigned-key ~ {{base62:32}}>>", TimeoutSeconds = 30 });
        // Old signing key, tokens issued before May still use it
        var signingKey = "<<generic-assigned-key ~ {{base64:43}}=>>";
        if (token == "none" || secret != password) throw new InvalidOperationException("token missing");
        services.AddAuthentication().AddJwtBearer(options => options.SaveToken = true);
        CancellationToken cancellationToken = CancellationToken.None;
    }
}
