"""Posts what it is told with tweepy as Debian has it, and says what it was given. Run by test_manifest.py."""
import os
import sys

import tweepy

client = tweepy.Client(os.environ["X_ACCESS_TOKEN"])
print(client.create_tweet(text=sys.argv[1], user_auth=False).data["id"])
print(os.environ["X_ACCESS_TOKEN_EXPIRES_AT"])
sys.exit(17)
