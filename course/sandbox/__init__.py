"""The providers' wire protocols on loopback: nothing is sent anywhere.

    with Sandbox() as sandbox:
        client = openai.OpenAI(
            api_key="any", base_url=sandbox.base_url("openai")
        )

It imports neither the package nor the rest of the course, so that it is an
independent reference of what a provider does.
"""

from course.sandbox.client import SandboxClient
from course.sandbox.fault_names import fault_table
from course.sandbox.recording import RecordedRequest
from course.sandbox.server import Sandbox

__all__ = ["RecordedRequest", "Sandbox", "SandboxClient", "fault_table"]
