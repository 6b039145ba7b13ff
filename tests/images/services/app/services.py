"""A gRPC health service, a chat by WebSocket and a greeting by TCP, of use after a second."""

import asyncio
import os
import pathlib
import signal
import tempfile
from concurrent.futures import ThreadPoolExecutor

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from websockets.asyncio.server import serve

STATUS = health_pb2.HealthCheckResponse


async def chat(connection):
    async for message in connection:
        if message == "die":
            os._exit(7)
        elif message == "hang":
            connection.transport.write(b"\x81\x05he")  # the beginning of a frame
        else:
            await connection.send(message.upper())


async def greet(reader, writer):
    writer.write(b"220 services\r\n")
    while line := await reader.readline():
        writer.write(b"250 " + line)
        await writer.drain()
    writer.close()


def checks():
    servicer = health.HealthServicer()
    servicer.set("", STATUS.NOT_SERVING)
    servicer.set("tired", STATUS.NOT_SERVING)
    server = grpc.server(ThreadPoolExecutor(2))
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    server.add_insecure_port("0.0.0.0:50051")
    server.start()
    return servicer, server


async def main():
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    servicer, server = checks()
    greeter = await asyncio.start_server(greet, "0.0.0.0", 7025)
    async with greeter, serve(chat, "0.0.0.0", 8765):
        print("listening", flush=True)
        await asyncio.sleep(1)  # what an application does before it is of use
        servicer.set("", STATUS.SERVING)
        pathlib.Path(tempfile.gettempdir(), "healthy").touch()
        print("services ready", flush=True)
        await stopped.wait()
    server.stop(None).wait()
    print("services stopped", flush=True)
    os._exit(0)


asyncio.run(main())
