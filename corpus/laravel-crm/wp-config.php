<?php
define( 'DB_NAME', 'blog' );
define( 'DB_USER', 'blog' );
define( 'DB_PASSWORD', '<<generic-assigned-password ~ Lune${}Bleue22>>' );
define( 'DB_HOST', 'localhost' );

define( 'AUTH_KEY', '<<generic-assigned-key ~ {{base62:64}}>>' );
define( 'NONCE_KEY', 'put your unique phrase here' );
define( 'SECURE_AUTH_KEY', getenv('WP_SECURE_AUTH_KEY') );

$table_prefix = 'wp_';
