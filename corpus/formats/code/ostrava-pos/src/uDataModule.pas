unit uDataModule;

interface

uses
  SysUtils, Classes, FireDAC.Comp.Client;

const
  DB_PASSWORD     = '<<any ~ Pokla${}dna#5>>';
  MASTER_PIN      = '<<unnamed ~ 3${}381947>>';
  SIFRE           = '<<any ~ yildiz${}tozu>>';
  REG_PASSWORD    = '<<decoy ~ LastPasswordChange>>';

resourcestring
  SPasswordPrompt = '<<decoy ~ Please type your password>>';
  SWrongPassword  = '<<decoy ~ Wrong password (%d attempts left)>>';

type
  TDM = class(TDataModule)
    FDConnection: TFDConnection;
  private
    FPassword: <<decoy ~ string>>;
    procedure SetPassword(const Value: string);
  end;

implementation

procedure TDM.SetPassword(const Value: string);
begin
  FPassword := <<decoy ~ Value>>;
  FDConnection.Params.Password := '<<any ~ ucten${}ka>>';
  FDConnection.Params.Values['Password'] := <<decoy ~ FPassword>>;
  FDConnection.Params.Add('EncryptPassword=<<any ~ Drob${}ne.Mince>>');
  ADO.ConnectionString := 'Provider=MSOLEDBSQL;User ID=pos;Password=<<any ~ kas${}A2024x>>;Data Source=sql.ostrava.internal';
  if Value = '<<unnamed ~ Tr${}zba/den>>' then
    ServiceMode := True;
  Http.Request.CustomHeaders.AddValue('X-Api-Key', '<<any ~ {{base62:24}}>>');
end;

end.
