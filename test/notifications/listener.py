"""Listens to notifications as services of OpenStack do, and writes a line of JSON for each of them.

usage: listener.py URL EXCHANGE TOPIC
"""
import json
import sys

import oslo_messaging
from oslo_config import cfg


class Endpoint:
    def __getattr__(self, priority):
        if priority not in ("info", "error"):
            raise AttributeError(priority)

        def tell(context, publisher_id, event_type, payload, metadata):
            heard = dict(priority=priority, publisher_id=publisher_id, event_type=event_type,
                         payload=payload, metadata=metadata)
            print(json.dumps(heard), flush=True)

        return tell


url, exchange, topic = sys.argv[1:]
conf = cfg.ConfigOpts()
conf([])
transport = oslo_messaging.get_notification_transport(conf, url=url)
conf.set_override("control_exchange", exchange)
target = oslo_messaging.Target(topic=topic, exchange=exchange)
listener = oslo_messaging.get_notification_listener(transport, [target], [Endpoint()], executor="threading")
listener.start()
listener.wait()
