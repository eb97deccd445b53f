#!/usr/bin/env python3
"""Rotates the service passwords."""
import getpass
import secrets
import string

import hvac

ALPHABET = string.ascii_letters + string.digits


def new_password(length: int = 32) -> str:
    password = "".join(secrets.choice(ALPHABET) for _ in range(length))
    return password


def rotate(user, old_password, client=hvac.Client(token=None)):
    password = new_password()
    secret = client.secrets.kv.read_secret_version(path=f"services/{user}")
    token = secret["data"]["data"]["token"]
    print(f"password of {user} changed", "token:", len(token))
    if old_password == password:
        raise ValueError("password unchanged")
    return {"user": user, "password": password, "secret": None, "key": token[:4]}


if __name__ == "__main__":
    rotate(input("user: "), getpass.getpass("password: "))
