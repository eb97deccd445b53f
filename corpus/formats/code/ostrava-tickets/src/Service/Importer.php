<?php

namespace Ostrava\Tickets\Service;

use PDO;

/**
 * Imports tickets from the old system.
 *
 * @param string $password <<decoy ~ password of the import account>>
 */
class Importer
{
    const PASSWORD_FIELD = '<<decoy ~ ticket_password>>';

    private string $apiSecret = '<<any ~ {{base64:32}}>>';
    private ?string $token = <<decoy ~ null>>;

    public function __construct(private string $heslo = "<<any ~ pod${}zim>>")
    {
        $this->token = $_POST['<<decoy ~ csrf_token>>'];
    }

    public function open(): PDO
    {
        $link = mysqli_connect('my.ostrava.internal', 'tickets', '<<unnamed ~ Lok0${}motiva>>', 'tickets');
        $pdo = new PDO('mysql:host=old.ostrava.internal;dbname=rt', 'import', "<<unnamed ~ zelena${} louka>>");
        putenv("PGPASSWORD=<<any ~ Viktor${}ka1893>>");
        $imap = imap_open('{imap.ostrava.internal:993/ssl}INBOX', 'tickets', '<<unnamed ~ Moul${}in-Rouge>>');
        return $link ? $pdo : $this->fallback();
    }

    public function header(): array
    {
        return [
            "Authorization: Bearer <<decoy ~ {$this->token}>>",
            'X-Api-Key: <<any ~ {{upper:20}}>>',
        ];
    }

    public function fallback(): PDO
    {
        $password = <<decoy ~ file_get_contents('/run/secrets/import')>>;
        $sql = "UPDATE users SET password = <<decoy ~ :password>> WHERE id = :id";
        $pdo = new PDO('sqlite:/var/lib/tickets.db');
        $pdo->prepare($sql)->execute(['password' => <<decoy ~ password_hash($password, PASSWORD_DEFAULT)>>, 'id' => 1]);
        return $pdo;
    }
}
