import { Injectable } from '@nestjs/common';
import { Column, Entity } from 'typeorm';
import * as bcrypt from 'bcrypt';

@Entity('users')
export class User {
  @Column({ name: '<<decoy ~ password_hash>>', select: false })
  password: <<decoy ~ string>>;
}

const LOGIN_MUTATION = `
  mutation Login($email: String!, $password: <<decoy ~ String!>>) {
    login(email: $email, password: <<decoy ~ $password>>) { token expiresAt }
  }
`;

@Injectable()
export class AuthService {
  private readonly options = {
    secretOrKey: '<<any ~ vlak${}-do-Opavy-6>>',
    passReqToCallback: false,
    passwordField: '<<decoy ~ user[password]>>',
  };

  async hash(plain: string): Promise<string> {
    const salt = await bcrypt.genSalt(12);
    const password = <<decoy ~ await bcrypt.hash(plain, salt)>>;
    return password;
  }

  isMaster(password: string): boolean {
    return password === '<<any ~ krt${}ek>>' || password == "<<any ~ 83${}1702>>";
  }

  connect() {
    const secret = this.options.secretOrKey;
    if (!secret) {
      throw new Error('Missing secret: <<decoy ~ set JWT_SECRET before the start>>');
    }
    process.env.PGPASSWORD = '<<any ~ Beskydy${}*1323>>';
    process.env.SMTP_PASS ??= "<<any ~ M0tyl${}ek!>>";
    return { query: LOGIN_MUTATION, authToken: '<<any ~ {{alnum:36}}>>', webhookSecret: '<<any ~ {{lower:12}}>>' };
  }
}
