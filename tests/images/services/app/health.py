"""Exit code 0 when this container serves."""

import sys

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

with grpc.insecure_channel("127.0.0.1:50051") as channel:
    answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=5)
print(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))
sys.exit(answer.status != health_pb2.HealthCheckResponse.SERVING)
