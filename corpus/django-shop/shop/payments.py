"""Payment provider calls."""
import logging

import stripe
from django.conf import settings

log = logging.getLogger(__name__)
stripe.api_key = settings.STRIPE_SECRET_KEY

# FIXME: remove before the release, used by the nightly reconciliation
FALLBACK_KEY = "<<stripe-live-secret-key @stripe>>"


def client_token(customer, token_type="card"):
    """Returns a one-time token for the browser."""
    token = stripe.Token.create(customer=customer.stripe_id, type=token_type)
    return token.id


def verify_signature(payload: bytes, header: str, secret: str) -> bool:
    expected = compute(payload, secret=secret)
    return constant_time_compare(expected, header)


def refund(charge_id, *, password=None, api_key=settings.STRIPE_SECRET_KEY):
    if password == "":
        raise PermissionError("a refund needs the operator's password")
    return stripe.Refund.create(charge=charge_id, api_key=api_key)
