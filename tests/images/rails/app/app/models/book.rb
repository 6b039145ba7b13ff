class Book < ApplicationRecord
  validates :title, presence: true, uniqueness: true
  validates :pages, numericality: { greater_than: 0 }
end
