"""A market that moves: CoinMarketCap, FastForex and CoinCap over real sockets, with answers that are never the same twice and are remembered."""
import datetime
import http.server
import json
import random
import threading
import time
import urllib.parse

COINS = {"BTC": (1, "Bitcoin", "bitcoin", "21000000"), "ETH": (1027, "Ethereum", "ethereum", None), "SOL": (5426, "Solana", "solana", None)}
KEYS = {"coinmarketcap": "cmc-secret", "fastforex": "fx-secret", "coincap": "cap-secret"}


def iso(milliseconds):
    moment = datetime.datetime.fromtimestamp(milliseconds // 1000, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + f".{milliseconds % 1000:03d}Z"


class Market:
    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.lock = threading.Lock()
        self.prices = {}     # (symbol, milliseconds) -> text, of CoinMarketCap's quotes
        self.tracked = {}    # (CoinCap's id, milliseconds) -> text
        self.lists = {"market_cap": [], "volume_24h": []}    # answers: lists of (symbol, price)
        self.trouble = set()    # vendors that answer 500 now
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                url = urllib.parse.urlsplit(self.path)
                query = {name: values[0] for name, values in urllib.parse.parse_qs(url.query).items()}
                with outer.lock:
                    status, body = outer.answer(url.path, query, self.headers)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):
                pass    # clients are killed in the middle of answers

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def price(self, base):
        """Text with zeros at the end, which must not get lost."""
        return f"{base + self.chance.randrange(1000)}.{self.chance.randrange(100):02d}0"

    def answer(self, path, query, headers):
        vendor = "coinmarketcap" if "cryptocurrency" in path else "fastforex" if path.startswith("/fetch") else "coincap"
        sent = {"coinmarketcap": headers.get("X-CMC_PRO_API_KEY"), "fastforex": headers.get("X-API-Key") or query.get("api_key"),
                "coincap": (headers.get("Authorization") or "").removeprefix("Bearer ")}[vendor]
        if sent != KEYS[vendor]:
            return 401, b'{"status":{"error_code":1001,"error_message":"no such key"}}'
        if vendor in self.trouble:
            return 500, b"out of order"
        now = int(time.time() * 1000)
        return 200, {"coinmarketcap": self.coinmarketcap, "fastforex": self.fastforex, "coincap": self.coincap}[vendor](path, query, now).encode()

    def cmc_coin(self, symbol, now, price, place):
        number, name, _, supply = COINS[symbol]
        return (f'{{"id":{number},"name":"{name}","symbol":"{symbol}","slug":"{name.lower()}","max_supply":{supply or "null"},"circulating_supply":1000.50,'
                f'"total_supply":1000.50,"is_active":1,"cmc_rank":{place},"last_updated":"{iso(now)}","quote":{{"USD":{{"price":{price},"volume_24h":5.00,'
                f'"percent_change_1h":0.10,"percent_change_24h":-0.20,"percent_change_7d":0.30,"percent_change_30d":1.00,"market_cap":9.90,"market_cap_dominance":50.10,'
                f'"last_updated":"{iso(now)}"}}}}}}')

    def coinmarketcap(self, path, query, now):
        status = f'"status":{{"timestamp":"{iso(now)}","error_code":0,"error_message":null,"elapsed":1,"credit_count":1,"notice":null}}'
        if "listings" in path:
            symbols = list(COINS)
            self.chance.shuffle(symbols)
            rows = [(symbol, self.price(100)) for symbol in symbols][:int(query["limit"])]
            if int(query["limit"]) > 1:
                self.lists[query["sort"]].append(rows)
            return f'{{{status},"data":[{",".join(self.cmc_coin(symbol, now, price, place) for place, (symbol, price) in enumerate(rows, 1))}]}}'
        by_id = "id" in query
        wanted = [symbol for symbol, coin in COINS.items() if (str(coin[0]) if by_id else symbol) in query["id" if by_id else "symbol"].split(",")]
        coins = []
        for symbol in wanted:
            text = self.price(60000)
            if by_id:
                self.prices[symbol, now] = text
            coin = self.cmc_coin(symbol, now, text, 1)
            coins.append(f'"{COINS[symbol][0]}":{coin}' if by_id else f'"{symbol}":[{coin}]')
        return f'{{{status},"data":{{{",".join(coins)}}}}}'

    def fastforex(self, _, query, now):
        rates = ",".join(f'"{currency}":{self.chance.randrange(1, 20)}.{self.chance.randrange(1000):03d}' for currency in query["to"].split(","))
        return f'{{"base":"USD","results":{{{rates}}},"updated":"{iso(now)[:19]}Z","ms":3}}'

    def coincap(self, _, query, now):
        ids, search = query.get("ids", "").split(","), query.get("search", "").lower()
        rows = []
        for symbol, (_, name, identity, _) in COINS.items():
            if (ids != [""] and identity not in ids) or (search and search not in (identity, symbol.lower())):
                continue
            text = self.price(60000)
            self.tracked[identity, now] = text
            rows.append(f'{{"id":"{identity}","rank":"1","symbol":"{symbol}","name":"{name}","supply":"1.0","maxSupply":null,"marketCapUsd":"1","volumeUsd24Hr":"2",'
                        f'"priceUsd":"{text}","changePercent24Hr":"-0.50","vwap24Hr":null,"explorer":null,"tokens":{{}}}}')
        return f'{{"data":[{",".join(rows)}],"timestamp":{now}}}'
