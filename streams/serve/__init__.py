"""The twin API and the page it serves. Results are read from InfluxDB or a lake through ``Reader``; commands go to the
fleet's log. FastAPI is known in ``streams.serve.web`` only.
"""
