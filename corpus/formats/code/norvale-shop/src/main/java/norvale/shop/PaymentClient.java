package norvale.shop;

import java.net.http.HttpRequest;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.Map;

/** Talks to the payment host. Rotate the token with {@code shopctl rotate --token=<<decoy ~ NEW_TOKEN>>}. */
public class PaymentClient {

    private static final String API_SECRET = "<<any ~ {{base64:44}}>>";
    private static final String TOKEN_HEADER = "<<decoy ~ X-Payment-Token>>";
    private static final String PASSWORD_LABEL = "<<decoy ~ Please enter your password>>";
    private static final String GRANT_TYPE_PASSWORD = "<<decoy ~ password>>";

    private final Map<String, String> credentials = Map.of(
            "merchant", "norvale",
            "passwort", "<<any ~ Spar${}gel_Zeit>>",
            "clientSecret", "<<any ~ {{lower:11}}>>",
            "contrasena", "<<any ~ Tres${}Tristes_Tigres>>",
            "pin", "<<unnamed ~ 6${}0418835>>");

    private String token;

    public Connection open() throws Exception {
        Connection c = DriverManager.getConnection("jdbc:oracle:thin:@ora.norvale.internal:1521/SHOP", "shop", "<<unnamed ~ tig${}er_im_tank>>");
        c.createStatement().execute("ALTER USER shop_ro IDENTIFIED BY \"<<unnamed ~ Nebel${}wald3>>\"");
        return c;
    }

    public HttpRequest.Builder request(HttpRequest.Builder b) {
        return b.header("Authorization", "Bearer <<any ~ {{base64url:48}}>>")
                .header(TOKEN_HEADER, token);
    }

    public void setToken(String token) {
        this.token = <<decoy ~ token>>;
        this.token = token == null ? <<decoy ~ System.getenv("PAYMENT_TOKEN")>> : token;
    }

    enum Failure {
        BAD_PASSWORD("<<decoy ~ error.password.bad>>"), EXPIRED_TOKEN("error.token.expired");
        final String code;

        Failure(String code) {
            this.code = code;
        }
    }
}
