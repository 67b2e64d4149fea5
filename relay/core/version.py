"""The version of the relay, for the package, the API and the User-Agent."""

VERSION = "0.1.0"
