#!/usr/bin/env python3
"""moto as an AWS that believes nobody: it computes the signature of every request anew, with botocore.

usage: server.py SECRET

The only access key is `sandbox`, as our client has it for every endpoint that is a URL, with this secret, and it may do
everything. Prints the endpoint, and ends with its standard input.
"""

import json
import logging
import os
import sys

# How many requests are let through unseen, read when moto is imported.
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "0"

from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends
from moto.server import ThreadedMotoServer


def main():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    iam = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
    iam.create_user("us-west-2", "tributary")
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy("tributary", "everything", policy)
    key = iam.create_access_key("tributary")
    key.access_key_id = "sandbox"
    key.secret_access_key = sys.argv[1]
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    print(f"http://{host}:{port}", flush=True)
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main()
