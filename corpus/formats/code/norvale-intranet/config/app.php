<?php

declare(strict_types=1);

define('DB_PASSWORD', '<<any ~ cascade${}$3>>');
define('AUTH_KEY', '<<any ~ {{base62:48}}>>');
define("FTP_PASS", "<<any ~ 1qaz${}XSW@now>>"); // nightly export
define('TOKEN_COOKIE', '<<decoy ~ norvale_token>>');

return [
    'database' => [
        'default' => [
            'host'     => 'db.norvale.internal',
            'username' => 'intranet',
            'password' => <<decoy ~ DB_PASSWORD>>,
        ],
        'phonebook' => [
            'host'     => 'db2.norvale.internal',
            'username' => 'telefon',
            'kennwort' => '<<any ~ wood${}pecker>>',
        ],
    ],
    'mail' => [
        'dsn'      => 'smtp://intranet:<<any ~ corbeil${}le5>>@smtp.norvale.internal:587',
        'password' => env('MAIL_PASSWORD', '<<any ~ Bleistift${}+7>>'),
    ],
    'auth' => [
        'passwords'      => '<<decoy ~ users>>',
        'password_reset' => '<<decoy ~ password_reset_tokens>>',
        'hash_secret'    => $_ENV['HASH_SECRET'] ?? '<<any ~ {{hex:40}}>>',
        'secret_file'    => '<<decoy ~ /var/secrets/intranet/hash>>',
        'api_token'      => <<decoy ~ getenv('INTRANET_API_TOKEN')>>,
    ],
    'labels' => [
        'password'        => '<<decoy ~ Ihr Kennwort>>',
        'password_repeat' => '<<decoy ~ Kennwort wiederholen>>',
    ],
];
