<?php

return [

    'mailer' => [
        'domain' => 'mail.norvale.internal',
        'secret' => <<decoy ~ env('MAILER_SECRET')>>,
    ],

    'clubapi' => [
        'key'      => 'club-web',
        'secret'   => '<<any ~ {{base62:32}}>>',
        'token_ttl' => 600,
    ],

    // old ticket printer, still at the gate
    'printer'  => ['login' => 'gate', 'mot_de_passe' => "<<any ~ tourni${}quet>>"],
    'turnstile' => [
        'user'     => 'gate2',
        'password' => '<<any ~ Dreh+${}Kreuz+2>>',
        'pin'      => '<<unnamed ~ 9182${}03>>',
    ],

    'github' => [
        'client_id'     => env('GITHUB_ID'),
        'client_secret' => <<decoy ~ config('auth.github.secret')>>,
        'redirect'      => '/login/callback',
    ],
];
