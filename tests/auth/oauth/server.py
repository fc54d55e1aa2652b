"""An authorization server with Authlib, which authenticates clients. It prints its port and its clients on the first
line."""

import json
import os
import secrets
import sys
import threading

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

from authlib.integrations.flask_oauth2 import AuthorizationServer  # noqa: E402
from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin, grants  # noqa: E402
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion, JWTBearerGrant  # noqa: E402
from flask import Flask, jsonify, request  # noqa: E402
from joserfc.jwk import RSAKey  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402

METHODS = ["client_secret_basic", "client_secret_post", "private_key_jwt"]


class Client(ClientMixin):
    def __init__(self, name):
        self.client_id = name
        # Characters that Basic and forms have to encode.
        self.secret = secrets.token_urlsafe(24) + " %+:"
        self.refresh_token = secrets.token_urlsafe(24)
        self.key = RSAKey.generate_key(2048)

    def get_client_id(self):
        return self.client_id

    def get_default_redirect_uri(self):
        return None

    def get_allowed_scope(self, scope):
        return scope if scope in ("read", "") else ""

    def check_client_secret(self, client_secret):
        return secrets.compare_digest(client_secret, self.secret)

    def check_endpoint_auth_method(self, method, endpoint):
        return method in METHODS

    def check_grant_type(self, grant_type):
        return True


class RefreshToken(TokenMixin):
    def __init__(self, client):
        self.client = client

    def check_client(self, client):
        return client is self.client

    def get_scope(self):
        return "read"

    def get_expires_in(self):
        return 3600


clients = {name: Client(name) for name in ("first-app", "second-app")}
tokens = {}
used = set()
requests = []
app = Flask(__name__)
authorization = AuthorizationServer(
    app,
    query_client=lambda name: clients.get(name),
    save_token=lambda token, request: tokens.update({token["access_token"]: request.client.client_id}),
)


class ClientCredentials(grants.ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS


class Refresh(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def authenticate_refresh_token(self, refresh_token):
        found = [client for client in clients.values() if client.refresh_token == refresh_token]
        return RefreshToken(found[0]) if found else None

    def authenticate_user(self, refresh_token):
        return refresh_token.client

    def revoke_old_credential(self, refresh_token):
        pass


class Bearer(JWTBearerGrant):
    def get_audiences(self):
        return [endpoint]

    def resolve_issuer_client(self, issuer):
        return clients.get(issuer)

    def resolve_client_public_key(self, client):
        return client.key

    def authenticate_user(self, subject):
        return subject

    def has_granted_permission(self, client, user):
        return True


class Assertion(JWTBearerClientAssertion):
    CLIENT_AUTH_METHOD = "private_key_jwt"

    def get_audiences(self):
        return [endpoint]

    def validate_jti(self, claims, jti):
        is_new = jti not in used
        used.add(jti)
        return is_new

    def resolve_client_public_key(self, client):
        return client.key


authorization.register_client_auth_method("private_key_jwt", Assertion())
for grant in (ClientCredentials, Refresh, Bearer):
    authorization.register_grant(grant)


@app.post("/token")
def token():
    response = authorization.create_token_response()
    requests.append(response.status_code)
    return response


@app.get("/token-owner")
def owner():
    return jsonify(tokens.get(request.args["token"]))


server = make_server("127.0.0.1", 0, app, threaded=True)
endpoint = f"http://127.0.0.1:{server.port}/token"
threading.Thread(target=server.serve_forever, daemon=True).start()
secrets_of = {
    name: {
        "id": name,
        "secret": client.secret,
        "refresh": client.refresh_token,
        "key": client.key.as_pem(private=True).decode(),
    }
    for name, client in clients.items()
}
print(json.dumps({"port": server.port, "clients": list(secrets_of.values())}), flush=True)

# Each line is a command.
revoked = {}
for line in sys.stdin:
    command, _, argument = line.strip().partition(" ")
    if command == "revoke":
        revoked[argument] = clients.pop(argument)
        tokens = {token: name for token, name in tokens.items() if name != argument}
    elif command == "restore":
        clients[argument] = revoked.pop(argument)
    elif command == "forget-tokens":
        tokens.clear()
    print(json.dumps(requests), flush=True)
    requests.clear()
