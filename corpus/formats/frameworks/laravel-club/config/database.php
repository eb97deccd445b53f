<?php

use Illuminate\Support\Str;

return [
    'default' => env('DB_CONNECTION', 'mysql'),

    'connections' => [
        'mysql' => [
            'driver'    => 'mysql',
            'host'      => env('DB_HOST', 'mysql.norvale.internal'),
            'username'  => env('DB_USERNAME', 'club'),
            'password'  => env('DB_PASSWORD', '<<any ~ Vereins${}heim=offen>>'),
            'charset'   => 'utf8mb4',
        ],
        'members_old' => [
            'driver'   => 'sqlsrv',
            'username' => 'sa_members',
            'password' => '<<any ~ T0r${}w@rt!>>',
            'options'  => [],
        ],
        'stats' => [
            'driver'   => 'pgsql',
            'username' => 'stats',
            'password' => <<decoy ~ env('STATS_DB_PASSWORD')>>,
        ],
    ],

    'redis' => [
        'client'  => 'phpredis',
        'options' => ['prefix' => Str::slug('club').'_database_'],
        'default' => ['host' => 'redis.norvale.internal', 'password' => '<<any ~ pfo${}sten>>', 'port' => 6379],
        'cache'   => ['host' => 'redis.norvale.internal', 'password' => <<decoy ~ null>>, 'port' => 6380],
    ],
    'token_table' => '<<decoy ~ personal_access_tokens>>',
];
