import { NextResponse } from "next/server";

export function middleware(request) {
  if (request.nextUrl.pathname === "/closed") return new NextResponse("closed", { status: 403 });
  return NextResponse.next();
}

export const config = { matcher: ["/closed"] };
