"""Makes tokens with PyJWT from keys, headers and claims in JSON on standard input, and prints them."""

import json
import sys

import jwt

order = json.load(sys.stdin)
tokens = [
    jwt.encode(order["claims"], one["pem"], algorithm=one["algorithm"], headers={"kid": one["kid"]})
    for one in order["keys"]
]
json.dump(tokens, sys.stdout)
