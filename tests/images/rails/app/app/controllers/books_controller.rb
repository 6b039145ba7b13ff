class BooksController < ApplicationController
  def index
    @books = Book.order(:title)
    respond_to do |format|
      format.html
      format.json { render json: @books.map(&:title) }
    end
  end

  def show = redirect_to(books_path, notice: Book.find(params[:id]).title)

  def create
    book = Book.new(params.require(:book).permit(:title, :pages))
    if book.save
      Notices.added(book).deliver_now
      redirect_to books_path, notice: "added"
    else
      render json: book.errors.full_messages, status: :unprocessable_entity
    end
  end
end
