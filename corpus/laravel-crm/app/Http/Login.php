<?php

namespace App\Http;

final class Login
{
    private const PASSWORD_FIELD = 'user_password';
    private const TOKEN_NAME = '_token';

    public function rules(): array
    {
        return [
            'email' => 'required|email',
            'password' => 'required|string|min:12|confirmed',
            'token' => 'required',
        ];
    }

    public function check(string $password, ?string $token = null): bool
    {
        $secret = config('services.crm.secret');
        $password_hash = '$argon2id$v=19$m=65536,t=4,p=1$<<password-hash-argon2 ~ {{base62:22}}${{base62:43}}>>';
        if ($password === $_POST['password'] && $token !== null) {
            return password_verify($password, $password_hash);
        }
        return hash_equals($secret, $token);
    }

    public function ftp(): array
    {
        $ftpPassword = '<<generic-assigned-password ~ Amber${}Gate55>>';
        return ['ftp.norvale.internal', 'crm', $ftpPassword];
    }
}
