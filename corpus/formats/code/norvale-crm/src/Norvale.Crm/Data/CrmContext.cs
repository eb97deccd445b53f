using System;
using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.EntityFrameworkCore;

namespace Norvale.Crm.Data
{
    public class CrmContext : DbContext
    {
        private const string ConnectionString =
            "Server=sql1.norvale.internal;Database=Crm;User Id=crm_app;Password=<<any ~ cherry${}Picker_22>>;TrustServerCertificate=True";

        private const string Archive = @"Data Source=sql2.norvale.internal;Initial Catalog=CrmOld;Uid=sa;Pwd=<<any ~ Sa!${}omon99>>;";

        private readonly string _apiKey = Environment.GetEnvironmentVariable("CRM_API_KEY") ?? "<<any ~ {{hex:32}}>>";
        private string _sifre = "<<any ~ kelebek${}34>>", _parola = "<<any ~ Fotb${}al.Cluj>>";

        protected override void OnConfiguring(DbContextOptionsBuilder options) => options.UseSqlServer(ConnectionString);

        public NetworkCredential Proxy() => new NetworkCredential("crm", "<<any ~ window${}sill>>", "NORVALE");
    }

    public class LoginModel
    {
        [Required(ErrorMessage = "<<decoy ~ The password is required.>>")]
        [DataType(DataType.Password)]
        [Display(Name = "Password")]
        public string Password { get; set; }

        public string PasswordHash { get; set; } = <<decoy ~ string.Empty>>;
    }

    public static class ClaimNames
    {
        public const string TokenClaim = "<<decoy ~ urn:norvale:crm:token>>";
        public const string ResetPasswordRoute = "<<decoy ~ account/reset-password/{id}>>";
        public const string PwdSettingName = "<<decoy ~ Crm:Smtp:Password>>";
    }

    internal sealed class SmtpSettings
    {
        public string Host { get; init; } = "smtp.norvale.internal";
        public string Pass { get; init; } = "<<any ~ aurora${}@P0st>>";
    }
}
