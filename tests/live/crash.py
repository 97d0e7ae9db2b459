"""`kill -9` at random moments while records arrive, are matched, and people write; during starts and migrations too.

Usage: crash.py QUELL ROUNDS [STORAGE-URL [SEED]]. What was acknowledged must be there once, and the ledger whole. What was not
acknowledged is sent again, and now and then what was, as shippers do.
"""

import json
import random
import subprocess
import sys
import tempfile
import threading
import time

from server import Server

ALERTING = 50


def record(number):
    """A CloudTrail record of its own; every fiftieth raises an alert."""
    stop = number % ALERTING == 0
    user = f"u{number % 40}"
    return json.dumps({
        "eventVersion": "1.11",
        "eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_793_000_000 + number)),
        "eventSource": "cloudtrail.amazonaws.com" if stop else "ec2.amazonaws.com",
        "eventName": "StopLogging" if stop else "DescribeInstances",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": f"198.51.100.{number % 250}",
        "userAgent": "test",
        "userIdentity": {
            "type": "IAMUser", "arn": f"arn:aws:iam::111122223333:user/{user}", "accountId": "111122223333",
            "userName": user, "accessKeyId": f"AKIA{number % 40:016d}",
        },
        "requestParameters": {"name": f"t{number}"},
        "responseElements": None,
        "eventID": f"c0ffee00-0000-4000-8000-{number:012d}",
        "eventType": "AwsApiCall",
        "recipientAccountId": "111122223333",
    })


def body(numbers):
    return "".join(record(number) + "\n" for number in numbers).encode()


class Rounds:
    """Everything that was sent, and what was acknowledged."""

    def __init__(self, server, dice):
        self.server, self.dice, self.lock = server, dice, threading.Lock()
        self.next, self.acknowledged, self.pending, self.notes = 0, set(), [], []
        self.over = threading.Event()

    def deliver(self):
        while not self.over.is_set():
            with self.lock:
                if self.pending and self.dice.random() < 0.7:
                    batch = self.pending.pop()
                else:
                    batch = range(self.next, self.next + self.dice.randint(1, 60))
                    self.next = batch[-1] + 1
            try:
                taken = self.server.deliver("crash", body(batch)) == 200
            except OSError:
                taken = False
            with self.lock:
                if taken:
                    self.acknowledged.update(batch)
                if not taken or self.dice.random() < 0.05:
                    self.pending.append(batch)

    def work(self):
        while not self.over.is_set():
            try:
                _, page, _ = self.server.ask("GET", "/api/v1/incidents?limit=5")
                if page and page.get("items"):
                    incident = self.dice.choice(page["items"])["id"]
                    text = f"note {self.dice.getrandbits(128):032x}"
                    if self.server.ask("POST", f"/api/v1/incidents/{incident}/notes", {"text": text})[0] == 200:
                        self.notes.append(text)
            except OSError:
                pass
            time.sleep(0.01)

    def run(self, at):
        self.over.clear()
        threads = [threading.Thread(target=task) for task in (self.deliver, self.deliver, self.work)]
        for thread in threads:
            thread.start()
        time.sleep(self.dice.random() * 0.4)
        self.server.kill()
        self.over.set()
        for thread in threads:
            thread.join()
        if at % 10 == 5:
            self.server.launch()
            time.sleep(self.dice.random() * 0.15)
            self.server.kill()
        self.server.start()

    def drain(self):
        while self.pending:
            batch = self.pending.pop()
            if self.server.deliver("crash", body(batch)) == 200:
                self.acknowledged.update(batch)
            else:
                self.pending.append(batch)
                time.sleep(0.2)


def migrations(quell, folder, dice, count):
    """First starts that are killed while they migrate, and then succeed."""
    for at in range(count):
        fresh = Server(quell, f"{folder}/fresh-{at}")
        fresh.launch()
        time.sleep(dice.random() * 0.12)
        fresh.kill()
        fresh.start()
        fresh.stop()


def counted(items):
    counts = {}
    for item in items:
        counts[item] = counts.get(item, 0) + 1
    return counts


def judge(server, rounds):
    """Problems, and what was found."""
    server.wait_until_matched()
    search = server.pages("/api/v1/events/search", {"limit": 500, "source": "crash"})
    seen = counted(json.loads(event["raw"])["eventID"] for event in search)
    lost = [n for n in rounds.acknowledged if f"c0ffee00-0000-4000-8000-{n:012d}" not in seen]
    twice = [event for event, count in seen.items() if count > 1]
    alerts = counted((item["rule"], item["event"]) for item in server.pages("/api/v1/alerts?limit=500", None))
    alerts_twice = [alert for alert, count in alerts.items() if count > 1]
    texts, after = [], 0
    while entries := server.ask("GET", f"/api/v1/ledger?after={after}&limit=1000&kind=incident.noted")[1]:
        texts += [entry["body"]["text"] for entry in entries]
        after = entries[-1]["seq"]
    notes = [text for text in rounds.notes if texts.count(text) != 1]
    whole = server.ask("POST", "/api/v1/ledger/verification", b"")[1]["whole"]
    print(
        f"{len(rounds.acknowledged)} records acknowledged, {len(lost)} lost, {len(twice)} seen twice; {len(alerts)} alerts, "
        f"{len(alerts_twice)} twice; {len(rounds.notes)} notes acknowledged, {len(notes)} lost or twice; "
        f"ledger {'whole' if whole else 'NOT whole'}"
    )
    return bool(lost or twice or alerts_twice or notes or not whole)


def main():
    quell, count = sys.argv[1], int(sys.argv[2])
    storage = sys.argv[3] if len(sys.argv) > 3 and sys.argv[3] else None
    dice = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
    with tempfile.TemporaryDirectory() as folder:
        migrations(quell, folder, dice, max(1, count // 20))
        scenario = f"{folder}/scenario"
        subprocess.run([quell, "scenario", "render", "cloud-credential-theft", "--out", scenario], check=True)
        server = Server(quell, f"{folder}/data", storage).start().set_up()
        server.deliver_folder(f"{scenario}/logs")
        server.wait_until_matched()
        rounds = Rounds(server, dice)
        for at in range(count):
            rounds.run(at)
        rounds.drain()
        print(f"crash on {'PostgreSQL' if storage else 'SQLite'}, {count} rounds: ", end="")
        wrong = judge(server, rounds)
        server.stop()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
