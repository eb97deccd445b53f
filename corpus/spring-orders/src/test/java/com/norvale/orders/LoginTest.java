package com.norvale.orders;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LoginTest {
    private static final String USER = "anna";

    @Test
    void rejectsShortPasswords() {
        var password = "<<decoy ~ sh${}ort>>";
        assertThat(Passwords.valid(password)).isFalse();
    }

    @Test
    void signsIn() {
        var session = Sessions.open("https://orders.norvale.internal", USER, "Harbour");
        session.setPassword("<<generic-assigned-password ~ Harbour${}-Wave7>>");
        assertThat(session.token()).isNotBlank();
    }
}
