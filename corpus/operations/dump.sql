INSERT INTO `users` (`id`, `email`, `password`, `token`) VALUES
(1, 'anna@norvale.internal', '$2y$10$<<password-hash-bcrypt ~ {{base62:53}}>>', NULL),
(2, 'bert@norvale.internal', '<<decoy ~ {{hex:32}}>>', '<<decoy ~ {{uuid}}>>');
INSERT INTO `settings` (`name`, `value`) VALUES ('smtp', 'disabled'), ('pusher', '<<shippo-api-token ~ shippo_live_{{hex:40}}>>');
INSERT INTO `oauth_clients` VALUES (4, 'billing', '<<supabase-access-token ~ sbp_{{hex:40}}>>', 0);
