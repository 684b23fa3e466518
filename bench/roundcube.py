"""Debian's Roundcube on the same Dovecot: PHP-FPM behind nginx, with a configuration of ours.

Nothing of the system's own configuration is read or changed.  Two pools: ``default`` is what
Debian installs (its PHP-FPM comes with opcache), ``tuned`` keeps messages and lists in its
database, never looks at PHP files again, and compresses its JSON.
"""

import re
import secrets
import shutil
import sqlite3
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from bench.browser import Browser, Replies
from bench.process import pss_mb
from start.child import answers, end, spawn
from start.packages import can_install, install_packages, missing_packages
from tests.lab import Lab
from tests.lab.place import find_program, free_port

# In this order: apt would choose Apache for PHP otherwise.
PACKAGES = (
    ("nginx-light", "php-fpm", "php-sqlite3", "php-intl"),
    ("roundcube-core", "roundcube-sqlite3"),
)
_PHP_FILES, _ROOT = Path("/usr/share/roundcube"), Path("/var/lib/roundcube/public_html")
POOLS = ("default", "tuned")
ROWS = b"add_message_row"

_CONFIG = """<?php
$config['db_dsnw'] = 'sqlite:///{folder}/db.sqlite?mode=0640';
$config['imap_host'] = 'ssl://127.0.0.1:{imaps}';
$config['imap_conn_options'] = ['ssl' => ['verify_peer' => true, 'cafile' => '{ca}']];
$config['smtp_host'] = 'ssl://127.0.0.1:{submissions}';
$config['des_key'] = '{key}';
$config['plugins'] = [];
$config['log_dir'] = '{folder}/';
$config['temp_dir'] = '{folder}/';
$config['enable_spellcheck'] = false;
$config['archive_mbox'] = 'Archive';
"""
_TUNED = "$config['imap_cache'] = 'db';\n$config['messages_cache'] = 'db';\n"
_POOL = """
[{pool}]
user = www-data
group = www-data
listen = {folder}/{pool}.sock
listen.owner = www-data
pm = {manager}
pm.max_children = {children}
pm.start_servers = 2
pm.min_spare_servers = 1
pm.max_spare_servers = 3
env[ROUNDCUBE_CONFIG_DIR] = {folder}/{pool}
php_admin_value[opcache.validate_timestamps] = {looks}
"""
_NGINX = """
daemon off;
user www-data;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 768; }}
http {{
  include /etc/nginx/mime.types;
  gzip on;
  access_log off;
  keepalive_requests 100000;
  {servers}
}}
"""
_SERVER = """
  server {{
    listen 127.0.0.1:{port};
    root {root};
    index index.php;
    {gzip}
    location ~ \\.php$ {{
      include /etc/nginx/fastcgi_params;
      fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
      fastcgi_pass unix:{folder}/{pool}.sock;
    }}
  }}
"""


def missing() -> list[str]:
    return missing_packages([name for group in PACKAGES for name in group])


def install(log: Path) -> bool:
    """As root; False when not root or when apt fails."""
    if not missing():
        return True
    return can_install() and all(install_packages(group, log=log) for group in PACKAGES)


@dataclass
class Roundcube:
    ports: dict[str, int]
    fpm: "subprocess.Popen[bytes]"
    nginx: "subprocess.Popen[bytes]"

    def stop(self) -> None:
        end(self.nginx)
        end(self.fpm)

    def pss_mb(self) -> float:
        return pss_mb([self.fpm.pid, self.nginx.pid])

    def client(self, pool: str, address: str, password: str) -> "Client":
        client = Client(Browser(self.ports[pool]))
        client.sign_in(address, password)
        return client


def start_roundcube(lab: Lab, folder: Path) -> Roundcube:
    folder.mkdir()
    folder.chmod(0o755)
    ports = {pool: free_port() for pool in POOLS}
    for pool in POOLS:
        _write_pool(lab, folder, pool)
    _write_servers(folder, ports)
    fpm = find_program("php-fpm8.2") or find_program("php-fpm")
    nginx = find_program("nginx")
    assert fpm
    assert nginx
    log = folder / "out.log"
    running = spawn([fpm, "--nodaemonize", "--fpm-config", folder / "fpm.conf"], log=log)
    front = spawn([nginx, "-c", folder / "nginx.conf"], log=log)
    deadline = time.monotonic() + 20
    sockets = [folder / f"{pool}.sock" for pool in POOLS]
    while not (
        all(path.exists() for path in sockets)
        and all(answers("127.0.0.1", port) for port in ports.values())
    ):
        assert time.monotonic() < deadline, f"Roundcube did not start: {log.read_text()[-800:]}"
        time.sleep(0.1)
    return Roundcube(ports, running, front)


def _write_pool(lab: Lab, folder: Path, pool: str) -> None:
    own = folder / pool
    own.mkdir()
    text = _CONFIG.format(
        folder=own,
        imaps=lab.dovecot.ports["imaps"],
        submissions=lab.msa.ports["submissions"],
        ca=folder / "ca.pem",
        key=secrets.token_hex(12),
    )
    (own / "config.inc.php").write_text(text + (_TUNED if pool == "tuned" else ""))
    shutil.copy(lab.ca_file, folder / "ca.pem")
    shutil.copy("/etc/roundcube/defaults.inc.php", own)
    shutil.copy("/etc/roundcube/mimetypes.php", own)
    with sqlite3.connect(own / "db.sqlite") as database:
        database.executescript((_PHP_FILES / "SQL" / "sqlite.initial.sql").read_text())
    for path in (own, *own.iterdir()):
        shutil.chown(path, "www-data", "www-data")


def _write_servers(folder: Path, ports: dict[str, int]) -> None:
    pools, servers = [f"[global]\nerror_log = {folder}/fpm.log\n"], []
    for pool, port in ports.items():
        tuned = pool == "tuned"
        pools.append(
            _POOL.format(
                pool=pool,
                folder=folder,
                manager="static" if tuned else "dynamic",  # Debian's own
                children=8 if tuned else 5,
                looks=0 if tuned else 1,
            )
        )
        gzip = "gzip_types application/json text/plain;" if tuned else ""
        servers.append(_SERVER.format(port=port, root=_ROOT, folder=folder, pool=pool, gzip=gzip))
    (folder / "fpm.conf").write_text("".join(pools))
    (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, servers="".join(servers)))


class Client:
    """Roundcube's own requests, as its script makes them."""

    def __init__(self, browser: Browser) -> None:
        self._browser, self._token = browser, ""

    def sign_in(self, address: str, password: str) -> Replies:
        """Signs in, loads the mail page and its list."""
        page = self._browser.get("/?_task=login")
        found = re.search(rb'name="_token" value="([^"]+)"', page.body)
        assert found, page.body[:300]
        fields = {"_token": found[1].decode(), "_task": "login", "_action": "login"}
        fields |= {"_timezone": "UTC", "_url": "", "_user": address, "_pass": password}
        done = self._browser.post("/?_task=login", fields)
        assert done.status == 302, (done.status, done.body[-600:])
        mail = self._browser.get("/?_task=mail")
        token = re.search(rb'"request_token":"([^"]+)"', mail.body)
        assert token, mail.body[-600:]
        self._token = token[1].decode()
        return [(mail, b""), *self.remote("_action=list&_mbox=INBOX", ROWS)]

    def again(self, address: str, password: str) -> Replies:
        """A sign-in of its own, as from another browser."""
        return Client(self._browser.another()).sign_in(address, password)

    def request(self, query: str) -> bytes:
        """A GET as it goes over the wire."""
        return self._browser.head_lines(f"/?_task=mail&{query}", self._headers())

    def ask(self, query: str, wanted: bytes) -> Replies:
        """One of the script's GETs."""
        return [(self._browser.get(f"/?_task=mail&{query}", self._headers()), wanted)]

    def remote(self, query: str, wanted: bytes = b'"exec"') -> Replies:
        return self.ask(f"{query}&_remote=1&_unlock=0", wanted)

    def do(self, action: str, fields: dict[str, str]) -> Replies:
        path = f"/?_task=mail&_action={action}"
        fields = {**fields, "_remote": "1"}
        return [(self._browser.post(path, fields, self._headers()), b'"exec"')]

    def _headers(self) -> dict[str, str]:
        return {"X-Roundcube-Request": self._token, "X-Requested-With": "XMLHttpRequest"}
