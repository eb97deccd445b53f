<?php
/** Blog of Kestrel, moved to the new host in May. */
define( 'DB_NAME', 'kblog' );
define( 'DB_USER', 'kblog' );
define( 'DB_PASSWORD', '<<any ~ Vogel$Frei${}1848>>' );
define( 'DB_HOST', 'mysql.kestrel.internal' );
define( 'DB_CHARSET', 'utf8mb4' );

define('AUTH_KEY',         '<<any ~ {{base62:64}}>>');
define('SECURE_AUTH_KEY',  '<<any ~ {{base64:64}}>>');
define('LOGGED_IN_KEY',    '<<decoy ~ put your unique phrase here>>');
define('NONCE_KEY',        <<decoy ~ getenv('WP_NONCE_KEY')>>);

define( 'FTP_USER', 'kestrel' );
define( 'FTP_PASS', "<<any ~ mandel${}brot>>" );
define( 'WP_CACHE_KEY', '<<decoy ~ kblog:>>' );
define( 'SMTP_PASS', '<<any ~ Petit^Pois${}*3>>' );
$table_prefix = 'kb_';
$backup_pwd   = '<<any ~ gute Laune${} am Montag>>';
$password_msg = '<<decoy ~ Please choose a stronger password.>>';
define( 'WP_DEBUG', false );

if ( ! defined( 'ABSPATH' ) ) {
	define( 'ABSPATH', __DIR__ . '/' );
}
require_once ABSPATH . 'wp-settings.php';
