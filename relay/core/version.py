"""The version of the relay, once for the package, the answers and the User-Agent."""

VERSION = "0.1.0"
