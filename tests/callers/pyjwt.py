"""Makes tokens with PyJWT: the keys, header and claims come as JSON on standard input, the tokens go to standard output."""

import json
import sys

import jwt

order = json.load(sys.stdin)
tokens = [
    jwt.encode(order["claims"], one["pem"], algorithm=one["algorithm"], headers={"kid": one["kid"]})
    for one in order["keys"]
]
json.dump(tokens, sys.stdout)
