package com.norvale.orders;

import java.net.http.HttpRequest;
import java.net.URI;
import java.util.Objects;

/** Calls the partner's stock service. */
public final class PartnerClient {
    private static final String API_TOKEN = "<<generic-assigned-secret ~ {{base64url:40}}>>";
    private static final String PASSWORD_PROPERTY = "partner.password";
    public static final String TOKEN_HEADER = "X-Partner-Token";

    private final String password;

    public PartnerClient(String password) {
        this.password = Objects.requireNonNull(password, "password must not be null");
    }

    HttpRequest request(String user, String token) {
        return HttpRequest.newBuilder(URI.create("https://partner.example.com/stock"))
            .header("Authorization", "Basic <<basic-auth-header ~ {{basic:orders:north${}Window6}}>>")
            .header(TOKEN_HEADER, token)
            .build();
    }

    boolean same(String secret, String other) {
        return secret.equals(other) && !password.equals("") && password.length() > 12;
    }

    static String fromEnvironment() {
        String password = System.getenv("PARTNER_PASSWORD");
        String secret = System.getProperty(PASSWORD_PROPERTY);
        return password != null ? password : secret;
    }
}
