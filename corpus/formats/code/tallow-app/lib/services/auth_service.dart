import 'dart:convert';
import 'dart:io';

import 'package:flutter/material.dart';
import 'package:http/http.dart' as http;

class AuthService {
  static const String tokenKey = '<<decoy ~ tallow_auth_token>>';
  static const String _clientSecret = '<<any ~ {{base62:36}}>>';
  static const apiKey = String.fromEnvironment('API_KEY', defaultValue: '<<any ~ {{alnum:30}}>>');
  static const _basicPass = "<<any ~ lighth${}ouse>>";

  String? password;
  final String encryptionKey = "<<any ~ wax-seal${}-and-thread>>";

  Future<http.Response> login(String user, {String password = '<<any ~ kerze${}nschein>>'}) {
    return http.post(
      Uri.https('id.tallow.internal', '/oauth/token'),
      headers: {'Authorization': 'Basic <<any ~ c3ZjLXJlcG9ydDpLcj${}RuaWNoLlp1Zw==>>'},
      body: {'grant_type': '<<decoy ~ password>>', 'username': user, 'password': <<decoy ~ password.trim()>>},
    );
  }

  Widget field(BuildContext context) => TextFormField(
        key: const Key('<<decoy ~ passwordField>>'),
        obscureText: true,
        decoration: const InputDecoration(labelText: 'Password', hintText: 'At least 10 characters'),
        validator: (v) => v == null ? '<<decoy ~ Password cannot be empty>>' : null,
      );

  Future<void> sync(HttpClient c) async {
    c.addCredentials(Uri.parse('https://dav.tallow.internal'), 'dav', HttpClientBasicCredentials('dav', '<<any ~ D0cht${}schere>>'));
    final secret = Platform.environment['TALLOW_SECRET'] ?? '<<any ~ stea${}rin>>';
    final token = <<decoy ~ jsonDecode(secret)['token']>>;
    password = token as String?;
  }
}
