#!/usr/bin/perl
use strict;
use warnings;
use DBI;
use Net::FTP;

my $passwort  = '<<any ~ Guter${}Mond$7>>';
my $token     = <<decoy ~ $ENV{NIGHTLY_TOKEN}>>;
our $API_KEY  = $ENV{API_KEY} || '<<any ~ {{hex:36}}>>';

my %account = (
    user       => 'nightly',
    passwd     => "<<any ~ mitter${}nacht>>",
    passwd_cmd => '<<decoy ~ /usr/local/bin/askpass nightly>>',
    mot_de_passe => '<<any ~ gare${}_du_nord>>',
    secret     => q{<<any ~ Schla(f)${}wagen>>},
);

my $dbh = DBI->connect('dbi:Pg:dbname=jr;host=pg.ostrava.internal', 'nightly', $passwort, { RaiseError => 1 });
my $old = DBI->connect("dbi:mysql:old;host=my.ostrava.internal", "root", "<<unnamed ~ Spat${}zug1>>");

my $ftp = Net::FTP->new('ftp.ostrava.internal');
$ftp->login('nightly', "<<unnamed ~ w3iche${}nsteller>>") or die "password: <<decoy ~ login was refused>>";

$ENV{PGPASSWORD} = '<<any ~ nocni${} vlak 404>>';
system("pg_dump -U nightly jr | gpg --batch --passphrase <<decoy ~ $account{secret}>> -c > /srv/dump/jr.gpg");

my $sth = $dbh->prepare('SELECT id FROM users WHERE password = <<decoy ~ ?>>');
$sth->execute(<<decoy ~ crypt($token, $API_KEY)>>);

print <<"END";
Usage: nightly.pl --user NAME --password <<decoy ~ PASSWORD>>
END
$old->disconnect;
