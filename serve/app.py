"""The application for `serve run serve.app:app` and RayService.

PLAIT_CONFIG names the project file, PLAIT_LIVE_STATE the Valkey (default: the project's, else an
embedded one that one replica starts).
"""

import os

from plait.serving.deployment import application

app = application(os.environ.get("PLAIT_CONFIG", "plait.yaml"), os.environ.get("PLAIT_LIVE_STATE"))
