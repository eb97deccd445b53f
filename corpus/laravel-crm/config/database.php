<?php

return [
    'default' => env('DB_CONNECTION', 'mysql'),
    'connections' => [
        'mysql' => [
            'driver' => 'mysql',
            'host' => env('DB_HOST', '127.0.0.1'),
            'username' => env('DB_USERNAME', 'forge'),
            'password' => env('DB_PASSWORD', ''),
        ],
        'legacy' => [
            'driver' => 'sqlsrv',
            'host' => 'legacy.norvale.internal',
            'username' => 'crm_ro',
            'password' => '<<generic-assigned-password ~ green ${}Hill 8>>',
        ],
    ],
    'redis' => ['default' => ['host' => '127.0.0.1', 'password' => env('REDIS_PASSWORD')]],
];
