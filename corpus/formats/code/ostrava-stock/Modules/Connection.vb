Imports System.Configuration
Imports System.Data.SqlClient

Namespace Ostrava.Stock

    Public Module Connection

        Private Const StockPassword As String = "<<any ~ Sklad${}iste 21>>"
        Private Const PasswordCaption As String = "<<decoy ~ Zadejte heslo:>>"
        Public Const TokenSetting As String = "<<decoy ~ Stock.ApiToken>>"
        Friend haslo As String = "<<any ~ magazyn${}Lodz>>"

        Public Function Open() As SqlConnection
            Dim cs = "Data Source=sql.ostrava.internal;Initial Catalog=Stock;User ID=stock;Password=<<any ~ Rega${}l-C4>>;"
            Return New SqlConnection(cs)
        End Function

        Public Function OpenOld() As Object
            Dim db = CreateObject("ADODB.Connection")
            db.Open("DSN=StockOld", "stock", "<<unnamed ~ pale${}ta>>")
            Return db
        End Function

        Public Sub Export(Optional pwd As String = "<<any ~ Vys0ko${}zdvih>>")
            Dim client As New Net.WebClient()
            client.Credentials = New Net.NetworkCredential("export", pwd)
            client.Headers.Add("X-Api-Key", "<<any ~ {{hex:32}}>>")
            Dim token = <<decoy ~ ConfigurationManager.AppSettings(TokenSetting)>>
            If pwd = "" Then Throw New ArgumentException("<<decoy ~ The password must not be empty>>", NameOf(pwd))
            Dim password = If(token, "<<any ~ {{lower:9}}>>")
            Dim login = New With {.User = "export", .Secret = <<decoy ~ GetSecret("export")>>}
            ThisSheet.Unprotect(Password:="<<any ~ zasob${}nik>>")
            MsgBox("The password has " & password.Length & " characters")
        End Sub

    End Module

End Namespace
