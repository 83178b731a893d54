"""A certificate authority for one test run, made by the openssl command."""
import pathlib
import shutil
import ssl
import subprocess

from testkit.scenarios import Skip


class Authority:
    def __init__(self, folder):
        if not shutil.which("openssl"):
            raise Skip("the openssl command is not installed")
        self.folder = pathlib.Path(folder)
        self.ca, self._ca_key = self.folder / "ca.pem", self.folder / "ca.key"
        self._run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
                  "-subj", "/CN=vf-agent test authority", "-keyout", self._ca_key, "-out", self.ca)

    def _run(self, *arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)

    def issue(self, name, alternatives="IP:127.0.0.1,DNS:localhost"):
        """(certificate, key) as paths of PEM files."""
        certificate, key, request = (self.folder / f"{name}.{end}" for end in ("pem", "key", "csr"))
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={alternatives}\n")
        self._run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
                  "-keyout", key, "-out", request)
        self._run("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self._ca_key, "-CAcreateserial",
                  "-days", "30", "-extfile", extensions, "-out", certificate)
        return certificate, key

    def server_context(self, alternatives="IP:127.0.0.1,DNS:localhost", ask_client=False):
        """For StandinServer(tls=…); `ask_client`: only clients with a certificate of this authority."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.issue("server", alternatives))
        if ask_client:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.ca)
        return context
