"""The real cert-manager beside a release: it makes the services' own certificates (`tls.mode: certManager`), and that of a tenant's
annotated ListenerSet, which reaches ACM and the listener, and is renewed there in place."""

import unittest

from cryptography import x509

from neighbours import CERT_MANAGER
from pods import SYSTEM, Release
from world import SERVICES

GATEWAY_API = "gateway.networking.k8s.io/v1"
LISTENER_SET = {"apiVersion": GATEWAY_API, "kind": "ListenerSet", "metadata": {"name": "shop", "namespace": "shop"}}
# When the certificate that a service uses ends.
ENDS = "tributary_tls_certificate_not_after_seconds "


def tenant() -> list[dict]:
    """A platform's Gateway, and beside it a tenant with an issuer of its own, who asks for a certificate by an annotation."""
    terminate = {"mode": "Terminate", "certificateRefs": [{"name": "shop-tls"}]}
    return [
        {"apiVersion": GATEWAY_API, "kind": "GatewayClass", "metadata": {"name": "alb"}, "spec": {"controllerName": "gateway.k8s.aws/alb"}},
        {"apiVersion": GATEWAY_API, "kind": "Gateway", "metadata": {"name": "web", "namespace": "infra"},
         "spec": {"gatewayClassName": "alb", "allowedListeners": {"namespaces": {"from": "All"}},
                  "listeners": [{"name": "http", "port": 80, "protocol": "HTTP"}]}},
        {"apiVersion": CERT_MANAGER, "kind": "Issuer", "metadata": {"name": "own", "namespace": "shop"}, "spec": {"selfSigned": {}}},
        {**LISTENER_SET, "metadata": {**LISTENER_SET["metadata"], "annotations": {"cert-manager.io/issuer": "own"}},
         "spec": {"parentRef": {"name": "web", "namespace": "infra"},
                  "listeners": [{"name": "https", "port": 443, "protocol": "HTTPS", "hostname": "shop.example.com", "tls": terminate}]}},
    ]


def serial(pem: bytes) -> int:
    return x509.load_pem_x509_certificate(pem).serial_number


class Beside(unittest.TestCase):
    release: Release

    @classmethod
    def setUpClass(cls):
        # It returns once all services are ready, as their Deployments' probes ask.
        cls.release = cls.enterClassContext(Release())

    def ends(self, service: str) -> float:
        _, metrics = self.release.answer(service, "/metrics")
        return next(float(it.removeprefix(ENDS)) for it in metrics.splitlines() if it.startswith(ENDS))

    def imported(self) -> dict[str, int]:
        """The serial number of each certificate that ACM was given, by ARN."""
        return {it["arn"]: serial(it["pem"].encode()) for it in self.release.aws("certificates") if it["origin"] == "IMPORTED"}

    def writes(self, after: int) -> list[str]:
        """What AWS was asked to change since a call."""
        return [it["operation"] for it in self.release.asked(f"calls/log?after={after}") if it["write"]]

    def is_programmed(self) -> bool:
        conditions = self.release.cluster.get(LISTENER_SET).get("status", {}).get("conditions", [])
        return any(it["type"] == "Programmed" and it["status"] == "True" for it in conditions)

    def test_services_know_each_other_by_its_certificates_and_use_renewed_ones(self):
        before = {service: self.ends(service) for service in SERVICES}
        for service in SERVICES:
            name = f"tributary-{service}-tls"
            old = self.release.secret(SYSTEM, name)
            self.release.cert_manager.renew(SYSTEM, name)
            self.release.until(f"{name} is renewed", lambda name=name, old=old: self.release.secret(SYSTEM, name)["tls.crt"] != old["tls.crt"])
            self.release.mount(service)
        self.release.until("all use the renewed ones", lambda: all(self.ends(it) > before[it] for it in SERVICES))
        self.release.ready()

    def test_a_tenants_certificate_reaches_acm_and_is_renewed_in_place(self):
        for namespace in ["infra", "shop"]:
            self.release.cluster.namespace(namespace)
        for it in tenant():
            self.release.cluster.apply(it)
        self.release.until("the ListenerSet is programmed", self.is_programmed)
        [(arn, number)] = self.imported().items()
        self.assertEqual(number, serial(self.release.secret("shop", "shop-tls")["tls.crt"]))
        before = self.release.aws("listeners")
        self.assertEqual({it["port"]: it["default_certificate"] for it in before}, {80: None, 443: arn})
        self.release.settled()
        told = self.release.cluster.get(LISTENER_SET)
        calls = self.release.asked("calls/log")[-1]["sequence"]

        self.release.cert_manager.renew("shop", "shop-tls")
        self.release.until("ACM has another certificate", lambda: self.imported() != {arn: number})
        # Another certificate in the same place.
        [(now, renewed)] = self.imported().items()
        self.assertEqual(now, arn)
        self.assertNotEqual(renewed, number)
        self.assertEqual(renewed, serial(self.release.secret("shop", "shop-tls")["tls.crt"]))
        self.release.until("the mark that says which one it is", lambda: self.writes(calls)[-1:] == ["AddTagsToCertificate"])
        self.release.settled()
        # The listener was not touched meanwhile, and nobody was told anything.
        self.assertEqual(self.writes(calls), ["ImportCertificate", "AddTagsToCertificate"])
        self.assertEqual(self.release.aws("listeners"), before)
        self.assertEqual(self.release.cluster.get(LISTENER_SET), told)


if __name__ == "__main__":
    unittest.main()
