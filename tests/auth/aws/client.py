"""Calls AWS with boto3 through the gateway. The arguments are the gateway's origin and a token."""

import io
import json
import os
import sys
import urllib.error
import urllib.request

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

origin, token = sys.argv[1:3]


def client(service, mount, **options):
    return boto3.client(
        service,
        endpoint_url=f"{origin}/{mount}",
        aws_access_key_id=token,
        aws_secret_access_key="any text",
        region_name="eu-west-1",
        config=Config(retries={"max_attempts": 1}, **options),
    )


s3 = client("s3", "s3", s3={"addressing_style": "path"})
done = []

s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
key = "a folder/ö+b!c (1).txt"
s3.put_object(Bucket="bucket", Key=key, Body=b"0123456789", Metadata={"kind": "a  b"}, ContentType="text/plain")
got = s3.get_object(Bucket="bucket", Key=key)
assert got["Body"].read() == b"0123456789"
assert got["Metadata"]["kind"].split() == ["a", "b"], got["Metadata"]
done.append("put and get")

assert s3.get_object(Bucket="bucket", Key=key, Range="bytes=2-5")["Body"].read() == b"2345"
done.append("range")

listed = s3.list_objects_v2(Bucket="bucket", Prefix="a folder/", Delimiter="/", MaxKeys=5)
assert [each["Key"] for each in listed["Contents"]] == [key], listed
done.append("list")

big = os.urandom(12 * 1024 * 1024)
part = TransferConfig(multipart_threshold=5 * 1024 * 1024, multipart_chunksize=5 * 1024 * 1024, max_concurrency=2)
s3.upload_fileobj(io.BytesIO(big), "bucket", "big", Config=part)
out = io.BytesIO()
s3.download_fileobj("bucket", "big", out, Config=part)
assert out.getvalue() == big
done.append("multipart upload and ranged download")

# boto3's default is version 2 in old regions.
signs = client("s3", "s3", s3={"addressing_style": "path"}, signature_version="s3v4")
url = signs.generate_presigned_url("get_object", Params={"Bucket": "bucket", "Key": key}, ExpiresIn=60)
assert urllib.request.urlopen(url).read() == b"0123456789"
done.append("presigned")

s3.copy_object(Bucket="bucket", Key="copy", CopySource={"Bucket": "bucket", "Key": "big"})
s3.delete_objects(Bucket="bucket", Delete={"Objects": [{"Key": "copy"}, {"Key": "big"}, {"Key": key}]})
s3.delete_bucket(Bucket="bucket")
done.append("copy and delete")

dynamodb = client("dynamodb", "dynamodb")
dynamodb.create_table(
    TableName="t",
    KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    BillingMode="PAY_PER_REQUEST",
)
dynamodb.put_item(TableName="t", Item={"id": {"S": "1"}, "text": {"S": "é" * 1000}})
assert dynamodb.get_item(TableName="t", Key={"id": {"S": "1"}})["Item"]["text"]["S"] == "é" * 1000
dynamodb.delete_table(TableName="t")
done.append("dynamodb")

stranger = boto3.client(
    "s3", endpoint_url=f"{origin}/s3", aws_access_key_id="wrong", aws_secret_access_key="x", region_name="eu-west-1",
    config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
)
try:
    stranger.list_buckets()
    raise AssertionError("a stranger was served")
except ClientError as refused:
    assert refused.response["ResponseMetadata"]["HTTPStatusCode"] == 401, refused.response
    assert refused.response["Error"]["Code"] == "caller_unauthenticated", refused.response
    assert refused.response["Error"]["Message"] == "The request has no token that this gateway accepts.", refused.response
done.append("a stranger is refused")

print(json.dumps(done))
