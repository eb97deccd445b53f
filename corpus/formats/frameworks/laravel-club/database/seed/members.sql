INSERT INTO users (id, name, password, role) VALUES
  (1, 'vorstand', '<<any ~ ehren${}nadel>>', 'admin'),
  (2, 'kasse', '<<any ~ Beitrag${}12Euro>>', 'treasurer'),
  (3, 'platzwart', '<<any ~ rasen${}maeher>>', 'staff'),
  (4, 'gast', <<decoy ~ NULL>>, 'guest');

INSERT INTO users(name, password) VALUES ('trainer1', '<<any ~ Ecke!${}Tor!3>>');
INSERT INTO api_clients (name, client_key, client_secret) VALUES ('website', 'club-web', '<<any ~ {{hex:48}}>>');
INSERT INTO settings (`key`, `value`) VALUES
  ('smtp.password', '<<any ~ luft${}post>>'),
  ('password.min_length', '<<decoy ~ 12>>'),
  ('password.policy', 'upper,lower,digit'),
  ('token.header', '<<decoy ~ X-Club-Token>>');

UPDATE users SET password = '<<any ~ abs${}eits>>' WHERE name = 'schiri';
UPDATE users SET password = <<decoy ~ MD5(CONCAT(salt, ?))>> WHERE id = ?;
UPDATE users SET reset_token = <<decoy ~ NULL>>, token_expires = NOW() WHERE id = 4;
