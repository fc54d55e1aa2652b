import hashlib, hmac, time, uuid
from urllib.parse import urlsplit

def signed(caller, key, method, url, body=b""):
    parts, timestamp, nonce = urlsplit(url), str(int(time.time())), str(uuid.uuid4())
    target = parts.path + ("?" + parts.query if parts.query else "")
    digest = hashlib.sha256(body).hexdigest()
    message = "\n".join([method, parts.netloc, target, timestamp, nonce, digest])
    signature = hmac.new(key.encode(), message.encode(), "sha256").hexdigest()
    return {"x-caller": caller, "x-timestamp": timestamp, "x-nonce": nonce, "x-signature": signature}
