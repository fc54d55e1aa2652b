"""moto, with verification of signatures. Makes a user with two key pairs, and prints them on the first line."""

import json
import os
import sys

# The first requests are not verified: the user, its policy and its key pairs.
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "4"

import boto3  # noqa: E402
from moto.server import ThreadedMotoServer  # noqa: E402

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
_, port = server.get_host_and_port()
iam = boto3.client(
    "iam",
    endpoint_url=f"http://127.0.0.1:{port}",
    aws_access_key_id="setup",
    aws_secret_access_key="setup",
    region_name="us-east-1",
)
iam.create_user(UserName="gateway")
iam.put_user_policy(
    UserName="gateway",
    PolicyName="all",
    PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    ),
)
pairs = [iam.create_access_key(UserName="gateway")["AccessKey"] for _ in range(2)]
print(json.dumps({"port": port, "pairs": [{"id": p["AccessKeyId"], "key": p["SecretAccessKey"]} for p in pairs]}), flush=True)

# Each line is the id of a key pair to delete.
for line in sys.stdin:
    own = boto3.client(
        "iam",
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id=pairs[1]["AccessKeyId"],
        aws_secret_access_key=pairs[1]["SecretAccessKey"],
        region_name="us-east-1",
    )
    own.delete_access_key(UserName="gateway", AccessKeyId=line.strip())
    print("deleted", flush=True)
