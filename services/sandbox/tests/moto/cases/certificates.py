"""Certificates of ACM."""

from cryptography.hazmat.primitives.asymmetric import ec

from .shared import certificate_for, tags


def certificates(both):
    first, renewed = certificate_for("team.example.com", "www.example.com"), certificate_for("team.example.com")
    other = certificate_for("other.example.com")
    curve = certificate_for("curve.example.com", key=ec.generate_private_key(ec.SECP256R1()))

    def bring(label, material, **more):
        def call(s):
            arn = s.acm.import_certificate(**material, **more)["CertificateArn"]
            return s.keep(label, arn)
        return call

    def listed(**arguments):
        # The sandbox begins with a certificate for app.example.com.
        return lambda s: {item["DomainName"]: item
                          for item in s.acm.list_certificates(**arguments)["CertificateSummaryList"]
                          if item["DomainName"] != "app.example.com"}

    def drop(s, answer):
        s.acm.delete_certificate(CertificateArn=answer["CertificateArn"])

    def detail(s):
        found = s.acm.describe_certificate(CertificateArn=s["team"])["Certificate"]
        found["Serial"] = int(found["Serial"].replace(":", ""), 16)
        return found

    both.do("import a certificate", bring("team", first, Tags=tags(team="a")))
    both.do("import another", bring("other", other))
    both.do("import one with an elliptic key", bring("curve", curve))
    both.do("a certificate", detail)
    both.do("its text", lambda s: s.acm.get_certificate(CertificateArn=s["team"]))
    both.do("certificates", listed())
    both.do("certificates of every kind of key", listed(Includes={"keyTypes": ["RSA_2048", "EC_prime256v1"]}))
    both.do("issued certificates", lambda s: sorted(listed(
        CertificateStatuses=["ISSUED"], Includes={"keyTypes": ["RSA_2048", "EC_prime256v1"]})(s)))
    both.do("pending certificates", listed(CertificateStatuses=["PENDING_VALIDATION"]))
    both.do("certificates in pages", lambda s: max(len(page["CertificateSummaryList"]) for page in
            s.acm.get_paginator("list_certificates").paginate(PaginationConfig={"PageSize": 1})))
    both.do("import in its place", lambda s: s.acm.import_certificate(CertificateArn=s["team"], **renewed))
    both.do("the certificate in its place", detail)
    both.do("its tags are kept", lambda s: s.acm.list_tags_for_certificate(CertificateArn=s["team"]))
    both.do("tag a certificate", lambda s: s.acm.add_tags_to_certificate(
        CertificateArn=s["team"], Tags=tags(team="b", more="1")))
    both.do("untag a certificate", lambda s: s.acm.remove_tags_from_certificate(
        CertificateArn=s["team"], Tags=[{"Key": "more"}]))
    both.do("a certificate's tags", lambda s: s.acm.list_tags_for_certificate(CertificateArn=s["team"]))
    both.mistake("tags when importing in place", lambda s: s.acm.import_certificate(
        CertificateArn=s["team"], Tags=tags(a="b"), **renewed),
        lambda s, _: s.acm.remove_tags_from_certificate(CertificateArn=s["team"], Tags=[{"Key": "a"}]))
    both.mistake("import into nothing", lambda s: s.acm.import_certificate(
        CertificateArn=s["team"][:-12] + "0123456789ab", **renewed))
    both.mistake("a key of another certificate", lambda s: s.acm.import_certificate(
        Certificate=first["Certificate"], PrivateKey=other["PrivateKey"]), drop)
    both.mistake("a certificate that is none", lambda s: s.acm.import_certificate(
        Certificate=b"hello", PrivateKey=other["PrivateKey"]), drop)
    both.mistake("a key that is none", lambda s: s.acm.import_certificate(
        Certificate=first["Certificate"], PrivateKey=b"hello"), drop)
    both.mistake("too many tags on a certificate", lambda s: s.acm.add_tags_to_certificate(
        CertificateArn=s["team"], Tags=tags(**{f"k{n}": "v" for n in range(60)})))
    nowhere = "arn:aws:acm:us-west-2:123456789012:certificate/00000000-0000-0000-0000-000000000000"
    for what in ["describe", "get", "delete"]:
        both.mistake(f"{what} a certificate that is not there",
                     lambda s: getattr(s.acm, f"{what}_certificate")(CertificateArn=nowhere))
    both.mistake("describe what is no certificate", lambda s: s.acm.describe_certificate(CertificateArn="arn:aws:x"))
    both.do("request a certificate", lambda s: s.keep("asked", s.acm.request_certificate(
        DomainName="*.asked.example.com", ValidationMethod="DNS", IdempotencyToken="once")["CertificateArn"]))
    both.do("request it again", lambda s: s.acm.request_certificate(
        DomainName="*.asked.example.com", ValidationMethod="DNS", IdempotencyToken="once"))
    both.do("delete a certificate", lambda s: s.acm.delete_certificate(CertificateArn=s["asked"]))
